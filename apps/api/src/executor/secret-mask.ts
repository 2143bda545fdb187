import { SecretSearch } from './secret-search';
import { StreamMask } from './stream-mask';

/** Takes the secrets of a job out of what its script says: as they are, and as they look in JSON, in a URL and in Base64. */
export class SecretMask {
  private readonly search: SecretSearch | null;

  constructor(secrets: readonly string[]) {
    this.search = SecretSearch.for(secrets);
  }

  /** Whether there is nothing to look for. */
  get isEmpty(): boolean {
    return this.search === null;
  }

  /** For output that comes in pieces; null when there is nothing to look for. */
  stream(): StreamMask | null {
    return this.search && new StreamMask(this.search);
  }

  /** A JSON value with every secret in its strings, keys and numbers replaced. */
  applyToValue(value: unknown): unknown {
    if (typeof value === 'string') return this.applyToText(value);
    if (typeof value === 'number') {
      const text = this.applyToText(String(value));
      return text === String(value) ? value : text;
    }
    if (Array.isArray(value)) return value.map((item) => this.applyToValue(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.applyToText(key), this.applyToValue(item)]),
    );
  }

  private applyToText(text: string): string {
    const data = Buffer.from(text);
    const stream = this.stream();
    stream?.scan(data);
    const masked = stream?.apply(data, 0) ?? data;
    return masked === data ? text : masked.toString('utf8');
  }
}
