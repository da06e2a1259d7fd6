"""The executors that train trials in this process, in a child process or on Ray, with one interface."""
