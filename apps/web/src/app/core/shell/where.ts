import { Injectable, inject, signal } from '@angular/core';
import { Title } from '@angular/platform-browser';
import { TitleStrategy, type RouterStateSnapshot } from '@angular/router';

export interface Crumb {
  readonly label: string;
  /** Absent on the page itself. */
  readonly link?: string;
}

/** Where one is: the crumbs of the top bar and the title of the tab. A page that knows a better name says so with `here`. */
@Injectable({ providedIn: 'root' })
export class WhereTitle extends TitleStrategy {
  private readonly title = inject(Title);
  private readonly path = signal<readonly Crumb[]>([]);

  readonly crumbs = this.path.asReadonly();

  here(...crumbs: Crumb[]): void {
    this.path.set(crumbs);
    const names = crumbs.map((crumb) => crumb.label).reverse();
    this.title.setTitle([...names, 'Cronium'].join(' · '));
  }

  override updateTitle(state: RouterStateSnapshot): void {
    const title = this.buildTitle(state);
    if (title !== undefined) this.here({ label: title });
  }
}
