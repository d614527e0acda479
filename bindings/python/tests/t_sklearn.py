# SPDX-License-Identifier: MIT
"""aimc.sklearn: the checks of scikit-learn for estimators, and that they learn and repeat."""
import pickle
import sys
import warnings

from common import aimc, digits, main, np, unittest

try:
    from sklearn.utils.estimator_checks import check_estimator
except ImportError:
    print("skipped: there is no scikit-learn for this Python")
    sys.exit(77)

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from aimc.sklearn import AnalogMLPClassifier, AnalogMLPRegressor


class Estimators(unittest.TestCase):
    def test_checks_of_scikit_learn(self):
        for estimator in (AnalogMLPClassifier(), AnalogMLPRegressor()):
            with self.subTest(type(estimator).__name__), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check_estimator(estimator)

    def test_tells_digits_and_repeats(self):
        train, test = digits()
        made = AnalogMLPClassifier((32,), max_iter=8, random_state=3)
        first = made.fit(*train).predict_proba(test[0])
        self.assertGreater(made.score(*test), 0.9)
        np.testing.assert_allclose(first.sum(1), 1)
        self.assertEqual((made.n_features_in_, list(made.classes_), made.n_iter_), (64, list(range(10)), 8))
        np.testing.assert_array_equal(clone(made).fit(*train).predict_proba(test[0]), first)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(made)).predict(test[0]), made.predict(test[0]))
        self.assertTrue((clone(made).set_params(random_state=4).fit(*train).predict_proba(test[0]) != first).any())

    def test_partial_fit(self):
        train, test = digits()
        made = AnalogMLPClassifier((32,), random_state=1)
        for _ in range(4):
            for part in np.array_split(np.arange(len(train[0])), 3):
                made.partial_fit(train[0][part], train[1][part], classes=range(10))
        self.assertGreater(made.score(*test), 0.85)
        with self.assertRaisesRegex(ValueError, "name all classes"):
            made.partial_fit(train[0][:1], [77])
        self.assertEqual(made.n_iter_, 12)

    def test_regression(self):
        x = np.random.RandomState(1).uniform(-1, 1, (200, 3))
        y = np.stack([100 + 20 * x[:, 0], x[:, 1] * x[:, 2]], 1)
        made = AnalogMLPRegressor((24,), max_iter=60, random_state=1).fit(x, y)
        self.assertEqual(made.predict(x).shape, y.shape)
        self.assertGreater(made.score(x, y), 0.8)
        self.assertEqual(clone(made).fit(x, y[:, 0]).predict(x).shape, (200,))

    def test_parameters_reach_the_tiles(self):
        train, _ = digits()
        search = GridSearchCV(AnalogMLPClassifier((8,), max_iter=1, random_state=1), {"config": ["sgd_ecram", None]}, cv=2)
        search.fit(train[0][:100], train[1][:100])
        self.assertIn("config", search.best_params_)
        with self.assertRaisesRegex(aimc.InvalidError, "no_such"):
            AnalogMLPClassifier(config="no_such").fit(train[0][:10], train[1][:10])
        with self.assertRaisesRegex(aimc.InvalidError, "activation"):
            AnalogMLPClassifier(activation="softmax").fit(train[0][:10], train[1][:10])


if __name__ == "__main__":
    main()
