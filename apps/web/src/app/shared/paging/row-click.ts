/** Whether a click on a table's row is meant to open it: its links and buttons do their own, and text may be selected. */
export function opensRow({ target }: MouseEvent): boolean {
  const isControl = target instanceof Element && target.closest('a, button') !== null;
  return !isControl && getSelection()?.type !== 'Range';
}
