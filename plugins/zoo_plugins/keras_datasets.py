"""The datasets of Keras: `mnist`, `fashion-mnist`, `cifar10` and `cifar100`, downloaded by Keras itself."""

from functools import partial
from importlib import import_module

from zoo import Dataset, LabeledImages, ZooError, hookimpl

DIGITS = tuple("0123456789")
CLOTHES = (
    "t-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
THINGS = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can "
    "castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin "
    "elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster "
    "man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck "
    "pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk "
    "skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger "
    "tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
)
CIFAR100 = tuple(THINGS.split())


def load(module, class_names):
    """Return the images of `keras.datasets.MODULE` as views of its arrays, with its training and test splits.

    Raises:
        ZooError: they are not in Keras's cache and cannot be downloaded, or their files are damaged.
    """
    try:
        (train, train_labels), (test, test_labels) = import_module(f"keras.datasets.{module}").load_data()
    except Exception as error:  # Keras raises a bare Exception where there is no network
        reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise ZooError(
            f"keras.datasets.{module} cannot be loaded: {reason}; check the network, or put the file where Keras "
            "looks for it, in $KERAS_HOME/datasets or ~/.keras/datasets"
        ) from error
    return LabeledImages(
        items=[*train, *test],
        labels=[int(label) for labels in (train_labels, test_labels) for label in labels.reshape(-1)],
        class_names=class_names,
        split=["train"] * len(train) + ["test"] * len(test),
    )


@hookimpl
def zoo_datasets() -> list[Dataset]:
    """Return the four datasets."""
    described = (
        ("mnist", "mnist", DIGITS, "70,000 handwritten digits, 28×28 gray, 10 classes", "LeCun et al. 1998"),
        (
            "fashion-mnist",
            "fashion_mnist",
            CLOTHES,
            "70,000 pieces of clothing, 28×28 gray, 10 classes",
            "Xiao et al. 2017, https://arxiv.org/abs/1708.07747",
        ),
        (
            "cifar10",
            "cifar10",
            CIFAR10,
            "60,000 photos of animals and vehicles, 32×32 RGB, 10 classes",
            "Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html",
        ),
        (
            "cifar100",
            "cifar100",
            CIFAR100,
            "60,000 photos of things of all kinds, 32×32 RGB, 100 classes",
            "Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html",
        ),
    )
    return [
        Dataset(name, partial(load, module, class_names), f"{summary}; downloaded by Keras", reference)
        for name, module, class_names, summary, reference in described
    ]
