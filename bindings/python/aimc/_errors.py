# SPDX-License-Identifier: MIT
"""One exception class for each status code; the text is the library's own sentence."""
from . import _abi


class Error(Exception):
    """Base of all errors of libaimc. `status` is the code that the library returned."""
    status = 0


class InvalidError(Error, ValueError):
    """An argument or parameter is not acceptable."""
    status = _abi.AIMC_ERR_INVALID


class WrongTypeError(InvalidError, TypeError):
    """An argument is of a type that it cannot have."""


class UnsupportedError(Error, NotImplementedError):
    """A valid request that this build or object cannot serve."""
    status = _abi.AIMC_ERR_UNSUPPORTED


class NoMemoryError(Error, MemoryError):
    """The library's allocator gave nothing."""
    status = _abi.AIMC_ERR_NOMEM


class AbiError(Error, ImportError):
    """This package and the library that was found do not belong together."""
    status = _abi.AIMC_ERR_ABI


class ShapeError(Error, ValueError):
    """Sizes do not fit together."""
    status = _abi.AIMC_ERR_SHAPE


class StateError(Error, RuntimeError):
    """The object is not in a state that allows the call: closed, already bound, forked."""
    status = _abi.AIMC_ERR_STATE


class IoError(Error, OSError):
    """The operating system refused to read or write."""
    status = _abi.AIMC_ERR_IO


class FormatError(Error, ValueError):
    """A file or text is not what it says it is."""
    status = _abi.AIMC_ERR_FORMAT


class InternalError(Error):
    """A defect of libaimc; please report it."""
    status = _abi.AIMC_ERR_INTERNAL


BY_STATUS = {cls.status: cls for cls in Error.__subclasses__()}
