"""The process that watches programs of the user's own in a lab, and holds them at their calls. It runs inside the lab.

Standard library only: see `sockviz.lab.tracer.main`.
"""
