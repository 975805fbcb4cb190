namespace MeaiBudget;

/// <summary>Recognises what an earlier redaction left.</summary>
internal static class SecretPlaceholder
{
    /// <summary>Decides whether a placeholder begins at a position.</summary>
    public static SecretVerdict Follows(in SecretText text, int at)
    {
        ReadOnlySpan<char> visible = text.Characters[at..Math.Min(text.Length, at + SecretRedactor.Placeholder.Length)];
        return visible.IsEmpty || !SecretRedactor.Placeholder.AsSpan().StartsWith(visible) ? SecretVerdict.None
            : visible.Length < SecretRedactor.Placeholder.Length ? text.AtEnd
            : SecretVerdict.Found;
    }
}
