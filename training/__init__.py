"""The main job, `retrograd train`: a network trained on real data, with everything to look at."""
