import type { CompiledGuest, GuestRequest } from '../model/guest-files.ts';
import { compileBoot } from './boot.ts';
import { compileDirect } from './direct.ts';

/** The files that a guest boots from, whatever init it has. Throws a DomstartError. */
export function compileGuest(request: GuestRequest): CompiledGuest {
  const { guest, root } = request;
  const own = root.kind === 'disk' && guest?.init !== 'direct';
  return own ? compileBoot(request, root) : compileDirect(request);
}
