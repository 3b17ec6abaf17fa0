/** Time as the transport needs it, so that tests need not wait. */
export interface Timers {
  /** Runs `work` once after that time, unless the returned function is called before. */
  after(milliseconds: number, work: () => void): () => void;
}

export const realTimers: Timers = {
  after: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};
