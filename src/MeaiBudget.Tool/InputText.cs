namespace MeaiBudget.Tool;

/// <summary>Reads a file, or standard input for <c>-</c> and for no path.</summary>
internal static class InputText
{
    private const char ByteOrderMark = '\uFEFF';

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Task<string> ReadAsync(string? path, CancellationToken cancellationToken) => ReadAsync(path, Console.In, cancellationToken);

    /// <summary>Reads a file, or another input. A byte order mark, which PowerShell writes into pipes, is not part of the text.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<string> ReadAsync(string? path, TextReader input, CancellationToken cancellationToken)
    {
        if (path is not (null or "-"))
        {
            InputFile.Check(path);
            return await File.ReadAllTextAsync(path, cancellationToken);
        }

        string text = await input.ReadToEndAsync(cancellationToken);
        return text.StartsWith(ByteOrderMark) ? text[1..] : text;
    }
}
