//! Tables of what the queue does.
