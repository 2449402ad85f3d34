/**
 * What is wrong in an archive, found by code that does not know where in the archive it is. The
 * reader adds that and makes a DomstartError of it; it never comes out of this folder.
 */
export class TarFault extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
