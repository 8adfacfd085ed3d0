/** One ticking second for everything that shows an age, on the station's clock, not the browser's. */
class Clock {
  /** Milliseconds since 1970, UTC. */
  now = $state(Date.now());
  #ahead = 0;

  /** Rust's estimate of the authority's time. */
  set(now: number): void {
    this.#ahead = now - Date.now();
    this.tick();
  }

  tick(): void {
    this.now = Date.now() + this.#ahead;
  }
}

export const clock = new Clock();
setInterval(() => clock.tick(), 1000);
