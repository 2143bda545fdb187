/** Characters of one message: far below what the API takes. */
const messageCharacters = 16_384;
/** Messages on their way at one time. */
const messagesUnderWay = 8;

/** Sends what is typed at once, and what is pasted no faster than the host takes it. */
export class InputQueue {
  private waiting = '';
  private underWay = 0;

  constructor(private readonly send: (data: string, taken: () => void) => void) {}

  push(text: string): void {
    this.waiting += text;
    while (this.waiting !== '' && this.underWay < messagesUnderWay) this.sendNext();
  }

  private sendNext(): void {
    const data = this.waiting.slice(0, endOfMessage(this.waiting));
    this.waiting = this.waiting.slice(data.length);
    this.underWay += 1;
    this.send(data, () => {
      this.underWay -= 1;
      this.push('');
    });
  }
}

/** Not in the middle of a character that JavaScript writes with two: each half alone would become a question mark. */
function endOfMessage(text: string): number {
  const isSplit = /[\uD800-\uDBFF]/.test(text.charAt(messageCharacters - 1));
  return isSplit ? messageCharacters - 1 : messageCharacters;
}
