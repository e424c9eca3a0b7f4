// Who the page says the visitor is. The service checks it in the frame; a promise for each wish.

class Identity {
  /** @param {{frame: () => ChatFrame|null, forget: () => void}} options */
  constructor(options) {
    this.frame = options.frame;
    this.forget = options.forget;
    this.wish = null;
    this.number = 0;
    this.told = 0;
  }

  /** A frame begins: it has not been told anything. */
  begin() {
    this.told = 0;
    return this.waiting();
  }

  /** What the frame is told of a wish that is open; it is told once. */
  waiting() {
    if (!this.wish || this.told === this.wish.number) return {};
    this.told = this.wish.number;
    return { user: this.wish.user, wish: this.wish.number };
  }

  /** Tell the frame what it was not told yet. */
  tell(frame) {
    const told = this.waiting();
    if (told.wish) frame.post("identify", told);
  }

  /** @returns {Promise<{userID, nickname, verified}|null>} null after signing out */
  be(user) {
    const isOut = user === null;
    const wrong = isOut ? "" : wrongUser(user === undefined ? 0 : user);
    if (wrong) return Promise.reject(failure("invalid", wrong));
    this.giveUp("superseded", "Another identify() came after this one.");
    const frame = this.frame();
    // Nobody has opened the chat yet: what was kept of a user goes at once, without any connection.
    if (isOut && !frame) {
      this.forget();
      return Promise.resolve(null);
    }
    return new Promise((resolve, reject) => {
      this.number += 1;
      this.wish = { user: isOut ? null : plainUser(user), number: this.number, resolve, reject };
      if (!frame || !frame.isReady) return;
      try {
        this.tell(frame);
      } catch (error) {
        this.giveUp("invalid", "identify(): clientData must hold plain values only.");
      }
    });
  }

  /** The frame says what became of a wish. */
  settled(data) {
    const { wish } = this;
    if (!wish || data.wish !== wish.number) return;
    this.wish = null;
    if (data.code) wish.reject(failure(String(data.code), String(data.detail || data.code)));
    else if (wish.user === null) wish.resolve(null);
    else wish.resolve(whoIs(data));
  }

  giveUp(code, detail) {
    const { wish } = this;
    this.wish = null;
    if (wish) wish.reject(failure(code, detail));
  }
}

function whoIs(data) {
  return {
    userID: String(data.userID || ""),
    nickname: String(data.nickname || ""),
    verified: data.verified === true,
  };
}
