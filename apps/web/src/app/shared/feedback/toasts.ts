import { Injectable, Injector, inject } from '@angular/core';

export interface ToastAction {
  readonly label: string;
  readonly act: () => void;
}

/** Quiet messages about what was done. Their library is loaded with the first one. */
@Injectable({ providedIn: 'root' })
export class Toasts {
  private readonly injector = inject(Injector);

  show(text: string, action?: ToastAction): void {
    void this.open(text, action);
  }

  private async open(text: string, action: ToastAction | undefined): Promise<void> {
    const { MatSnackBar } = await import('@angular/material/snack-bar');
    const bar = this.injector.get(MatSnackBar);
    const toast = bar.open(text, action?.label, { duration: action ? 12_000 : 6000, politeness: 'polite' });
    if (action !== undefined) toast.onAction().subscribe(action.act);
  }
}
