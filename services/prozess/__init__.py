"""The engine side: deployments, instances, tasks, jobs, messages, timers, incidents. Each public function is one use case."""
