"""The parts of tools/check_served_model.py."""
