namespace MeaiBudget;

/// <summary>Applies the built-in rules to one piece of the text.</summary>
internal static class PieceRules
{
    private const int LongestEscaped = 512;

    /// <summary>The characters that may stand in a name of several words, plain or escaped.</summary>
    private static readonly System.Buffers.SearchValues<char> BeforeName = System.Buffers.SearchValues.Create(SecretPattern.TokenCharacters + "%\\+ '");

    /// <summary>Adds the secrets that the piece is or names. Returns false if more text is needed to decide.</summary>
    /// <param name="text">The text.</param>
    /// <param name="piece">The piece.</param>
    /// <param name="floor">The end of the secret before the piece: what is before it does not count.</param>
    /// <param name="matches">Receives the secrets.</param>
    /// <param name="name">What kind of name the piece is.</param>
    public static bool TryDecide(in SecretText text, in Piece piece, int floor, List<SecretMatch> matches, out NameStrength name)
    {
        matches.Clear();
        name = NameStrength.None;
        if ((piece.Kinds & PieceKinds.Escaped) != 0)
        {
            return TryDecideEscaped(text, piece, floor, matches);
        }

        if ((piece.Kinds & PieceKinds.Address) != 0)
        {
            return AddressRule.TryDecide(text, piece.Start, piece.End, matches);
        }

        if ((piece.Kinds & PieceKinds.Colon) != 0)
        {
            return TryAdd(CommandLineRule.DecidePasswordFile(text, piece.Start, out SecretMatch line), line, matches);
        }

        if ((piece.Kinds & PieceKinds.Option) != 0)
        {
            SecretVerdict verdict = text.Characters[piece.Start..].StartsWith(PrivateKeyRule.Begin) ? PrivateKeyRule.Pem.DecideAt(text, piece.Start, out SecretMatch match)
                : text.Characters[piece.Start..piece.End] is PrivateKeyRule.SshDashes ? PrivateKeyRule.Ssh.DecideAt(text, piece.Start, out match)
                : CommandLineRule.Decide(text, piece.Start, piece.End, out match);
            if (!TryAdd(verdict, match, matches))
            {
                return false;
            }
        }

        if ((piece.Kinds & PieceKinds.Shape) != 0 && !TryAdd(TokenShapes.Decide(text, piece.Start, piece.End, out SecretMatch shape), shape, matches))
        {
            return false;
        }

        if ((piece.Kinds & PieceKinds.Call) != 0 && CredentialCall.IsCall(text, piece.End, text.Characters[piece.Start..piece.End])
            && !TryAdd(CredentialCall.Decide(text, piece.End, CredentialCall.IsFirst(text.Characters[piece.Start..piece.End]), out SecretMatch argument), argument, matches))
        {
            return false;
        }

        if ((piece.Kinds & PieceKinds.Name) != 0)
        {
            ReadOnlySpan<char> word = text.Characters[piece.Start..piece.End];
            if (Scheme(word) is { } scheme)
            {
                return TryAdd(scheme.DecideAt(text, piece.End, out SecretMatch credentials), credentials, matches);
            }

            if (word is "echo" or "printf")
            {
                return TryAdd(CommandLineRule.DecideEcho(text, piece.End, out SecretMatch echoed), echoed, matches);
            }

            if (word is "send" or "sendline" && !TryAdd(CommandLineRule.DecideSend(text, piece.Start, piece.End, out SecretMatch sent), sent, matches))
            {
                return false;
            }

            if (word is "tcp" or "unix" && !TryAdd(AddressRule.DecideDataSource(text, piece.Start, piece.End, out SecretMatch source), source, matches))
            {
                return false;
            }

            if (XmlKeyRule.IsElement(word) && !TryAdd(XmlKeyRule.Decide(text, piece.Start, piece.End, out SecretMatch element), element, matches))
            {
                return false;
            }

            if (word is "Private-Lines" && !TryAdd(PrivateKeyRule.DecidePutty(text, piece.End, out SecretMatch lines), lines, matches))
            {
                return false;
            }

            if (PasswordScheme.IsScheme(text, piece.Start, piece.End))
            {
                return TryAdd(PasswordScheme.Decide(text, piece.End, out SecretMatch stored), stored, matches);
            }

            if (CommandArguments.IsWord(word) && !CommandArguments.TryDecide(text, piece.Start, piece.End, matches))
            {
                return false;
            }

            if (ValueBeforeName.IsValue(word) && !TryAdd(ValueBeforeName.Decide(text, piece.End, out SecretMatch value), value, matches))
            {
                return false;
            }

            NameStrength strength = name = SecretNames.StrengthOf(word, text.Characters[Math.Min(floor, piece.Start)..piece.Start]);
            if (strength != NameStrength.None && !TryAdd(NamedSecret.Decide(text, piece.Start, piece.End, strength, out SecretMatch named), named, matches))
            {
                return false;
            }

            if (strength == NameStrength.None && JsonWebKeyRule.IsMember(word) && !TryAdd(JsonWebKeyRule.Decide(text, piece.Start, piece.End, out SecretMatch member), member, matches))
            {
                return false;
            }
        }

        if ((piece.Kinds & PieceKinds.ForeignName) != 0)
        {
            NameStrength strength = name = SecretNames.StrengthOfForeign(text.Characters[Math.Max(Math.Min(floor, piece.End), piece.End - SecretRule.LookBehind)..piece.End]);
            return strength == NameStrength.None || TryAdd(NamedSecret.Decide(text, piece.Start, piece.End, strength, out SecretMatch named), named, matches);
        }

        return true;
    }

    private static bool TryAdd(SecretVerdict verdict, in SecretMatch match, List<SecretMatch> matches)
    {
        if (verdict == SecretVerdict.Found)
        {
            matches.Add(match);
        }

        return verdict != SecretVerdict.NeedsMore;
    }

    private static SchemeRule? Scheme(ReadOnlySpan<char> word) =>
        word.Equals("bearer", StringComparison.OrdinalIgnoreCase) ? SchemeRule.Bearer
        : word.Equals("basic", StringComparison.OrdinalIgnoreCase) ? SchemeRule.Basic
        : null;

    /// <summary>A word with escapes inside is decoded first.</summary>
    private static bool TryDecideEscaped(in SecretText text, in Piece piece, int floor, List<SecretMatch> matches)
    {
        Span<char> decoded = stackalloc char[LongestEscaped];
        int from = piece.Start;
        int least = Math.Max(Math.Min(floor, piece.Start), piece.Start - SecretRule.LookBehind);
        while (from > least && (text[from - 1] >= 128 || BeforeName.Contains(text[from - 1])))
        {
            from--;
        }

        int word = Decode(text, from, piece.Start, decoded);
        int count = word + Decode(text, piece.Start, piece.End, decoded[word..]);
        if (TokenShapes.Decide(new SecretText(decoded[word..count], true), 0, count - word, out SecretMatch _) == SecretVerdict.Found)
        {
            matches.Add(new SecretMatch(piece.Start, SecretRuns.TokenWithDots, piece.End));
            return true;
        }

        NameStrength strength = SecretNames.StrengthOf(decoded[..count], word);
        return strength == NameStrength.None || TryAdd(NamedSecret.Decide(text, piece.Start, piece.End, strength, out SecretMatch named), named, matches);
    }

    private static int Decode(in SecretText text, int from, int to, Span<char> decoded)
    {
        int count = 0;
        var cursor = new TextCursor(new SecretText(text.Characters[..to], true), from);
        while (cursor.At < to && count < decoded.Length)
        {
            decoded[count++] = cursor.Peek(out int length);
            cursor.At += length;
        }

        return count;
    }
}
