"""What tests/bench/peers.py is made of. Each peer runs in a process of its own, see worker.py."""
