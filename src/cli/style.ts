import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/**
 * Colour for one stream: none when it is piped, when TERM is dumb, or when NO_COLOR is set
 * (styleText looks at the stream and at those variables itself).
 */
export function styleFor(stream: NodeJS.WriteStream): (format: Format, text: string) => string {
  return (format, text) => styleText(format, text, { stream, validateStream: true });
}
