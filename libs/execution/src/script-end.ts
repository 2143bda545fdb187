/** How a script ended: exactly one of these. */
export type ScriptEnd =
  | { readonly kind: 'exit'; readonly code: number }
  /** Ended by a signal that was not the platform's, for example `SIGSEGV`. */
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'out_of_memory' }
  | { readonly kind: 'process_limit' }
  | { readonly kind: 'disk_full' }
  | { readonly kind: 'output_limit' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'cancelled' };
