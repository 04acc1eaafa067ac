"""What the network is fed: sheets, augmentation, targets and batches."""
