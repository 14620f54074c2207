/** Somebody who wants to hear. */
export type Listener<T> = (value: T) => void;

/** A list of listeners of one kind of news. */
export class Signal<T> {
  readonly #listeners = new Set<Listener<T>>();

  /** Adds a listener and returns what removes it. */
  on(listener: Listener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) {
      listener(value);
    }
  }
}
