# SPDX-License-Identifier: MIT
# Of the tree that this lies in: nix-build packaging/nix
{ pkgs ? import <nixpkgs> { } }:
pkgs.stdenv.mkDerivation {
  pname = "libaimc";
  version = "0.1.0";
  src = ../..;
  nativeBuildInputs = with pkgs; [ meson ninja pkg-config python3 ];
  buildInputs = with pkgs; [ jansson zlib ];
  mesonFlags = [ "-Dblas=disabled" "-Dxsmm=disabled" "--wrap-mode=nofallback" ];
  doInstallCheck = true;
  installCheckPhase = "$out/bin/aimc train --data digits --epochs 1";
  meta = with pkgs.lib; {
    description = "Simulation of analog in-memory computing";
    license = licenses.mit;
    mainProgram = "aimc";
    platforms = platforms.unix;
  };
}
