/** A test, by its file and its name as it stands there. */
export interface NamedTest {
  readonly file: string;
  readonly test: string;
}

/** A mistake somebody could make, as a change of text, and the test that must notice it. */
export interface Fault {
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file: a fault that no longer applies is a failure, not a pass. */
  readonly find: string;
  readonly plant: string;
  readonly caughtBy: NamedTest;
}
