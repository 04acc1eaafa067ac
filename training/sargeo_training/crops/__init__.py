"""What the network is fed: images, augmentation, targets and batches."""
