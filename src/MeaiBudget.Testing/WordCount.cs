namespace MeaiBudget.Testing;

/// <summary>A deterministic replacement of a tokenizer: one token per word.</summary>
internal static class WordCount
{
    public static int Of(string? text) => text is null ? 0 : Pieces(text).Count();

    /// <summary>Splits text into words with the white space before them, so that the joined pieces equal the text.</summary>
    public static IEnumerable<string> Pieces(string text)
    {
        int start = 0;
        for (int i = 1; i < text.Length; i++)
        {
            if (char.IsWhiteSpace(text[i]) && !char.IsWhiteSpace(text[i - 1]))
            {
                yield return text[start..i];
                start = i;
            }
        }

        if (text.Length > start)
        {
            yield return text[start..];
        }
    }
}
