# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# (scikit-learn may be missing, and has no types of its own)
"""Perceptrons on tiles as estimators of scikit-learn: pipelines, grid searches and cross-validation take them.

    from aimc.sklearn import AnalogMLPClassifier
    model = make_pipeline(MinMaxScaler(), AnalogMLPClassifier((64,), config="c_ttv2_reram_sb", random_state=1))
    model.fit(x, labels).score(test_x, test_labels)

Inputs should lie within about -1 ... 1, which tiles are made for: scale them. The same random_state gives the same bits.
"""
from typing import Any, Sequence

import numpy as np

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin
    from sklearn.exceptions import NotFittedError
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets, unique_labels
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # before 1.6 it is a method
        validate_data = None
except ImportError as error:
    raise ImportError("aimc.sklearn needs scikit-learn: pip install scikit-learn") from error

from ._errors import InvalidError
from .config import ConfigLike
from .context import Context
from .network import ACTIVATIONS, Network

__all__ = ["AnalogMLPClassifier", "AnalogMLPRegressor"]


class _AnalogMLP(BaseEstimator):
    """What both share: a network of layers on tiles, and mini-batches."""

    def __init__(self, hidden_layer_sizes: Sequence[int] = (64,), activation: str = "tanh", *, config: ConfigLike = None,
                 learning_rate: float = 0.1, lr_decay: float = 0.98, batch_size: int = 10, max_iter: int = 50, random_state: Any = None) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.config = config
        self.learning_rate = learning_rate
        self.lr_decay = lr_decay
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.random_state = random_state

    def _check(self, x: Any, y: Any = None, reset: bool = False, **options: Any) -> Any:
        """Numbers that scikit-learn has checked, in float32."""
        options = {"dtype": np.float32, **options}
        if validate_data is not None:
            return validate_data(self, x, *([] if y is None else [y]), reset=reset, **options)
        return self._validate_data(x, **({} if y is None else {"y": y}), reset=reset, **options)

    def _given(self, y: Any) -> Any:
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        return y

    def _begin(self, n_in: int, n_out: int) -> None:
        """A new network; its draws, and the order of the samples, are those of random_state."""
        if self.activation not in ACTIVATIONS:
            raise InvalidError(f"activation: {self.activation} is none of {', '.join(ACTIVATIONS)}")
        self._random = check_random_state(self.random_state)
        ctx = Context(seed=int(self._random.randint(2**31 - 1)))
        config = {"device": "idealized", "optimizer": "sgd"} if self.config is None else self.config
        net, sizes = Network(ctx=ctx), [n_in, *np.atleast_1d(np.asarray(self.hidden_layer_sizes, int)), n_out]
        for k in range(len(sizes) - 1):
            net.add_linear(int(sizes[k + 1]), int(sizes[k]), config)
            if k + 2 < len(sizes):
                net.add_activation(self.activation)
        self.network_, self.n_iter_, self.loss_curve_ = net, 0, []
        self._rate = float(self.learning_rate)

    def _train(self, x: Any, y: Any, epochs: int) -> None:
        batch = min(int(self.batch_size), len(x))
        for _ in range(epochs):
            order, total = self._random.permutation(len(x)), 0.0
            for first in range(0, len(x), batch):
                part = order[first:first + batch]
                total += self._step(x[part], y[part], self._rate) * len(part)
            self.n_iter_ += 1
            self.loss_curve_.append(total / len(x))
            self._rate *= self.lr_decay

    def _step(self, x: Any, y: Any, rate: float) -> float:
        raise NotImplementedError

    def _outputs(self, x: Any) -> Any:
        if not hasattr(self, "network_"):
            raise NotFittedError(f"{type(self).__name__} is not fitted yet: fit() or partial_fit() comes first")
        return self.network_.copy().predict(self._check(x))  # of a copy: the same noise, however often it is asked

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True  # what is read with a sample changes the noise that it sees
        return tags

    def _more_tags(self) -> Any:  # before 1.6
        return {"non_deterministic": True}

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")


class AnalogMLPClassifier(ClassifierMixin, _AnalogMLP):
    """A perceptron on tiles that tells classes, by softmax and cross-entropy.

    hidden_layer_sizes: units of each hidden layer. activation: "tanh", "relu" or "sigmoid". config: of kind "layer", a preset's
    name or a mapping of its fields; None: near ideal devices, plain pulses. learning_rate: of the first epoch, > 0; lr_decay: what
    each epoch multiplies it by. batch_size: samples of a mini-batch. max_iter: epochs of fit(). random_state: seed or generator of
    all draws. After fit(): classes_, n_features_in_, n_iter_, loss_curve_, and network_, an aimc.Network, to program and
    to let drift."""

    def fit(self, x: Any, y: Any) -> "AnalogMLPClassifier":
        """Train a new network for max_iter epochs on x [samples, features] and classes y [samples]."""
        x, y = self._check(x, self._given(y), reset=True)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self._begin(x.shape[1], max(len(self.classes_), 1))
        self._train(x, labels.astype(np.uint32), int(self.max_iter))
        return self

    def partial_fit(self, x: Any, y: Any, classes: Any = None) -> "AnalogMLPClassifier":
        """One epoch over more samples x [samples, features] with classes y [samples]; the first call names all classes. ValueError: a
        class that it did not name."""
        first = not hasattr(self, "network_")
        x, y = self._check(x, self._given(y), reset=first)
        check_classification_targets(y)
        if first:
            self.classes_ = unique_labels(y if classes is None else classes)
            self._begin(x.shape[1], len(self.classes_))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes are {classes}; those of the first call were {self.classes_}")
        labels = np.searchsorted(self.classes_, y)
        if not np.array_equal(self.classes_[np.minimum(labels, len(self.classes_) - 1)], y):
            raise ValueError(f"y has a class that is not among {self.classes_}; name all classes in the first call")
        self._train(x, labels.astype(np.uint32), 1)
        return self

    def _step(self, x: Any, y: Any, rate: float) -> float:
        return self.network_.train_batch(x, y, rate)

    def predict_proba(self, x: Any) -> Any:
        """Probabilities [samples, classes] of x [samples, features]."""
        logits = self._outputs(x).astype(np.float64)
        shares = np.exp(logits - logits.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)

    def predict(self, x: Any) -> Any:
        """The class of the largest output [samples] of x [samples, features]."""
        outputs = self._outputs(x)
        return self.classes_[outputs.argmax(1)]


class AnalogMLPRegressor(MultiOutputMixin, RegressorMixin, _AnalogMLP):
    """A perceptron on tiles that tells numbers, by the mean squared error; targets are brought to -1 ... 1 and back.

    hidden_layer_sizes: units of each hidden layer. activation: "tanh", "relu" or "sigmoid". config: of kind "layer", a preset's
    name or a mapping of its fields; None: near ideal devices, plain pulses. learning_rate: of the first epoch, > 0; lr_decay: what
    each epoch multiplies it by. batch_size: samples of a mini-batch. max_iter: epochs of fit(). random_state: seed or generator of
    all draws. What fit() leaves: as of AnalogMLPClassifier."""

    def fit(self, x: Any, y: Any) -> "AnalogMLPRegressor":
        """Train a new network for max_iter epochs on x [samples, features]; y [samples] or [samples, targets]."""
        x, y = self._check(x, self._given(y), reset=True, multi_output=True, y_numeric=True)
        self._begin_targets(x, y)
        self._train(x, self._scaled(y), int(self.max_iter))
        return self

    def partial_fit(self, x: Any, y: Any) -> "AnalogMLPRegressor":
        """One epoch over more samples x [samples, features], y as of fit(); the first call sets the scale of the targets."""
        first = not hasattr(self, "network_")
        x, y = self._check(x, self._given(y), reset=first, multi_output=True, y_numeric=True)
        if first:
            self._begin_targets(x, y)
        self._train(x, self._scaled(y), 1)
        return self

    def _begin_targets(self, x: Any, y: Any) -> None:
        self._flat, made = y.ndim == 1, np.asarray(y, np.float64).reshape(len(x), -1)
        self._centre = (made.max(0) + made.min(0)) / 2
        half = (made.max(0) - made.min(0)) / 2
        self._half = np.where(half > 0, half, 1.0)
        self._begin(x.shape[1], made.shape[1])
        self.network_.set_loss("mse")

    def _scaled(self, y: Any) -> Any:
        return ((np.asarray(y, np.float64).reshape(len(y), -1) - self._centre) / self._half).astype(np.float32)

    def _step(self, x: Any, y: Any, rate: float) -> float:
        return self.network_.train_targets(x, y, rate)

    def predict(self, x: Any) -> Any:
        """Numbers of the shape of the targets of fit(), for x [samples, features]."""
        y = self._outputs(x) * self._half + self._centre
        return y[:, 0] if self._flat else y
