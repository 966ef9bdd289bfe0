"""What leaves the machine: packs, made by the schedule and sent to the channels that ops.yml names."""
