"""How thorough the property tests are: HYPOTHESIS_PROFILE=night for the long run."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

# Derandomized, so that a push is judged by its change; the nightly run is the one that looks elsewhere every time.
settings.register_profile("default", max_examples=500, stateful_step_count=70, deadline=None, derandomize=True)
settings.register_profile("night", max_examples=5000, stateful_step_count=70, deadline=None)
# For planted bugs: the first failure is enough, the smallest one is of no interest.
settings.register_profile(
    "hunt",
    max_examples=100,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=tuple(HealthCheck),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
