"""Where trials train: in this process, in a child or on Ray, behind one interface."""
