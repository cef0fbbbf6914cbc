// Counts what held and names what did not.

export class Tally {
  passed = 0
  failed = 0

  /** Passed when the work ends, failed (and printed) when it throws. */
  async check(name, work) {
    try {
      await work()
      this.passed += 1
    } catch (error) {
      this.failed += 1
      console.error(`FAILED ${name}: ${error.message}`)
    }
  }
}
