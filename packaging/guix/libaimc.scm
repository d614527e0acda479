;; SPDX-License-Identifier: MIT
;; Of the tree that this lies in: guix build -f packaging/guix/libaimc.scm
(use-modules (guix packages) (guix gexp) (guix build-system meson) ((guix licenses) #:prefix license:)
             (gnu packages compression) (gnu packages pkg-config) (gnu packages python) (gnu packages web))

(package
  (name "libaimc")
  (version "0.1.0")
  (source (local-file "../.." "libaimc" #:recursive? #t))
  (build-system meson-build-system)
  (arguments
   (list #:configure-flags #~(list "-Dblas=disabled" "-Dxsmm=disabled" "--wrap-mode=nofallback")
         #:tests? #f)) ; the tests need Check and take minutes
  (native-inputs (list pkg-config python))
  (inputs (list jansson zlib))
  (home-page "https://example.invalid/libaimc")
  (synopsis "Simulation of analog in-memory computing")
  (description
   "Libaimc simulates neural networks whose matrices lie as conductances of resistive devices on crossbar arrays: products pass
converters, wires and noise, training writes the devices with voltage pulses, and every event is priced in joules.")
  (license license:expat))
