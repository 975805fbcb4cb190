namespace MeaiBudget;

/// <summary>
/// Secrets in addresses: user name and password (<c>scheme://user:password@host</c>), and the path of a webhook; plain or escaped for
/// JSON or as a parameter.
/// </summary>
internal static class AddressRule
{
    private const int Longest = 512;
    private const int LongestHarmlessName = 15;
    private static readonly System.Buffers.SearchValues<char> Templates = System.Buffers.SearchValues.Create("{}[]$(");

    /// <summary>Decides at the colon after the scheme. Returns false if more text is needed.</summary>
    public static bool TryDecide(in SecretText text, int colon, int end, List<SecretMatch> matches)
    {
        var cursor = new TextCursor(text, end);
        for (int i = 0; i < 2; i++)
        {
            char slash = cursor.Peek(out int length);
            if (slash != '/')
            {
                return !cursor.NeedsMore;
            }

            cursor.At += length;
        }

        bool isEncoded = text[colon] == '%';
        int start = cursor.At;
        int host = start;
        int at = -1, path = -1, pathStart = -1;
        while (cursor.At - start < Longest)
        {
            char character = cursor.Peek(out int length);
            if (character is '\0' or '"' or '\'' or '`' or '<' or '>' or '\\' || (length == 1 && char.IsWhiteSpace(character)) || (character == '&' && isEncoded))
            {
                break;
            }

            if (character == '@' && text[cursor.At] is '@' or '%' && (text[cursor.At] == '@' || isEncoded))
            {
                at = cursor.At;
                host = at + length;
                path = -1;
            }
            else if (character is '/' or '?' or '#' && path < 0 && (length == 1 || isEncoded || text[cursor.At] == '\\'))
            {
                path = cursor.At;
                pathStart = path + length;
                if (at < 0 && !HasPassword(text.Characters[start..path]))
                {
                    // Only the path of a webhook can be a secret now.
                    break;
                }

                if (at >= 0)
                {
                    break;
                }
            }

            cursor.At += length;
        }

        if (cursor.NeedsMore)
        {
            return false;
        }

        ReadOnlySpan<char> authority = text.Characters[start..(path < 0 ? cursor.At : path)];
        if (at < 0 && IsProxy(text, colon) && !authority.Contains(SecretRedactor.Placeholder, StringComparison.Ordinal) && SecretValue.Looks(authority))
        {
            // Base64 of all settings, the password among them.
            matches.Add(new SecretMatch(start, SecretRuns.Base64, start));
            return true;
        }

        if (at > start && IsUserInfo(text.Characters[start..at]) && !text.Characters[start..at].Contains(SecretRedactor.Placeholder, StringComparison.Ordinal))
        {
            matches.Add(new SecretMatch(start, at));
        }

        if (path < 0)
        {
            return true;
        }

        SecretVerdict verdict = WebhookPath.Decide(text, host, path, pathStart, out SecretMatch match);
        if (verdict == SecretVerdict.Found)
        {
            matches.Add(match);
        }

        return verdict != SecretVerdict.NeedsMore;
    }

    /// <summary>Decides at the protocol of Go's data source names: the password of <c>user:password@tcp(host:3306)/database</c>.</summary>
    public static SecretVerdict DecideDataSource(in SecretText text, int start, int end, out SecretMatch match)
    {
        match = default;
        if (start < 2 || text[start - 1] != '@' || end == text.Length || text[end] != '(')
        {
            return SecretVerdict.None;
        }

        int colon = -1;
        int at = start - 1;
        int least = Math.Max(text.Floor, start - SecretRule.LookBehind);
        while (at > least && SecretScan.Before.Contains(text[at - 1]))
        {
            at--;
            colon = text[at] == ':' ? at : colon;
        }

        // The first colon: a password may have others.
        match = new SecretMatch(colon + 1, start - 1);
        return colon > at && colon + 1 < start - 1 && IsUserInfo(text.Characters[at..(start - 1)]) ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>True for <c>user:password</c> cut at a slash or sign inside the password; false for <c>host:port</c>.</summary>
    private static bool HasPassword(ReadOnlySpan<char> authority)
    {
        int colon = authority.IndexOf(':');
        ReadOnlySpan<char> port = authority[(colon + 1)..];
        return colon >= 0 && port.IndexOfAnyExceptInRange('0', '9') >= 0 && !port.Equals("port", StringComparison.OrdinalIgnoreCase) && port.IndexOfAnyExcept("xXnN*") >= 0 && authority[^1] != ']' && !authority.ContainsAny(Templates);
    }

    /// <summary>True behind the scheme of a proxy whose links are in base64.</summary>
    private static bool IsProxy(in SecretText text, int colon)
    {
        ReadOnlySpan<char> before = text.Characters[Math.Max(text.Floor, colon - "vmess".Length)..Math.Max(text.Floor, colon)];
        return before is "vmess" or "vless" || before.EndsWith("ssr") || (before.EndsWith("ss") && (before.Length == 2 || !char.IsAsciiLetter(before[^3])));
    }

    private static bool IsUserInfo(ReadOnlySpan<char> userInfo)
    {
        int colon = userInfo.IndexOf(':');
        if (userInfo[0] is '[' or '{' or '<')
        {
            return false;
        }

        if (colon < 0)
        {
            int encoded = userInfo.IndexOf("%3A", StringComparison.OrdinalIgnoreCase);
            return encoded >= 0 ? encoded + 3 < userInfo.Length : userInfo.Length > LongestHarmlessName && CharacterMix.Of(userInfo).Digits > 0;
        }

        ReadOnlySpan<char> password = userInfo[(colon + 1)..];
        return !password.IsEmpty && password[0] is not ('$' or '<' or '{') && !IsExample(password);
    }

    private static bool IsExample(ReadOnlySpan<char> password) =>
        password.Equals("password", StringComparison.OrdinalIgnoreCase) || password.Equals("pass", StringComparison.OrdinalIgnoreCase) || password.Equals("pwd", StringComparison.OrdinalIgnoreCase)
        || (password.Length <= 3 && !password.ContainsAnyInRange('0', '9')) || password.IndexOfAnyExcept("*x.") < 0;
}

/// <summary>The path of a webhook: whoever knows it can post.</summary>
internal static class WebhookPath
{
    private const int Longest = 400;
    private const int ShortestPart = 6;
    private const int ShortestIdentifier = 8;
    private const int ShortestPath = 20;
    private const int ShortestOfHost = 12;
    private static readonly string[] Parts = ["hook", "/key/", "/token/", "/secret/", "/reset-password/", "/password-reset/", "/reset/", "/invite/", "/verify/", "/confirm/", "/magic/", "/activate/", "/unlock/"];

    public static SecretVerdict Decide(in SecretText text, int start, int path, int pathStart, out SecretMatch match)
    {
        match = default;
        int most = Math.Min(text.Length, path + Longest);
        int length = text.Characters[path..most].IndexOfAnyExcept(SecretRuns.UrlPath.Characters);
        if (length < 0 && most == text.Length && !text.IsFinal)
        {
            return SecretVerdict.NeedsMore;
        }

        int end = length < 0 ? most : path + length;
        ReadOnlySpan<char> host = text.Characters[start..path];
        ReadOnlySpan<char> whole = text.Characters[path..end];
        bool isHookHost = host.StartsWith("hook", StringComparison.OrdinalIgnoreCase) || host.Contains(".hook", StringComparison.OrdinalIgnoreCase);
        int hook = isHookHost ? 0 : AfterHook(whole);
        if (hook < 0)
        {
            return SecretVerdict.None;
        }

        // From the first part behind the word that is an identifier: the parts together are the secret.
        int from = path + hook;
        while (true)
        {
            int part = text.Characters[from..end].IndexOfAny('/', '%', '\\');
            if (part < 0)
            {
                return SecretVerdict.None;
            }

            from += part + (text[from + part] == '%' ? 3 : 1);
            if (from >= end)
            {
                return SecretVerdict.None;
            }

            int next = text.Characters[from..end].IndexOfAny('/', '%', '\\');
            ReadOnlySpan<char> segment = next < 0 ? text.Characters[from..end] : text.Characters.Slice(from, next);
            if (segment.Length >= (isHookHost ? ShortestPart : ShortestIdentifier) && CharacterMix.Of(segment) is { Digits: >= 2 } or { Upper: > 0, Digits: > 0 })
            {
                break;
            }
        }

        SecretVerdict placeholder = SecretPlaceholder.Follows(text, end);
        if (placeholder != SecretVerdict.None)
        {
            return placeholder == SecretVerdict.NeedsMore ? placeholder : SecretVerdict.None;
        }

        // The whole path: its beginning tells nothing that the host does not tell.
        ReadOnlySpan<char> rest = text.Characters[from..end];
        match = new SecretMatch(pathStart, SecretRuns.UrlPath, from);
        return (rest.Length >= ShortestPath || (isHookHost && rest.Length >= ShortestOfHost)) && (Randomness.Of(rest) >= 30 || (isHookHost && CharacterMix.Of(rest).Digits >= ShortestPart)) ? SecretVerdict.Found : SecretVerdict.None;
    }

    /// <summary>The position behind the part of a path after which a key follows; negative if there is none.</summary>
    private static int AfterHook(ReadOnlySpan<char> path)
    {
        foreach (string part in Parts)
        {
            int at = path.IndexOf(part, StringComparison.OrdinalIgnoreCase);
            if (at >= 0)
            {
                return at + (part == "hook" ? 0 : part.Length - 1);
            }
        }

        return -1;
    }
}
