"""What this machine allows, tried step by step: what `sockviz doctor` tells, and where labs look before they promise."""
