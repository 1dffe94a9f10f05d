"""What a user can get wrong, one family: every message names the offending thing and the remedy."""


class KannError(ValueError):
    """Anything that the user can mend: the sentence is meant for the screen as it stands."""


class UnreadableCheckpoint(KannError):
    """The model file cannot be opened, or not safely."""


class UnreadableDataset(KannError):
    """The data file, or the vocabulary beside it, cannot be understood."""


class UnknownNetwork(KannError):
    """The tensors are readable, but the network asked for cannot be rebuilt from them."""


class NotEnoughData(KannError):
    """The question needs more sequences, steps or groups than there are."""


class OutOfRange(KannError):
    """A setting lies outside the values it can take."""


class DidNotConverge(KannError):
    """An iteration ended before its tolerance was met."""


class MissingPackage(KannError):
    """An optional package is asked for that is not installed."""
