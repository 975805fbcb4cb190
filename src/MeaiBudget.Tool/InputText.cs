namespace MeaiBudget.Tool;

/// <summary>Reads a file, or standard input for <c>-</c> and for no path.</summary>
internal static class InputText
{
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<string> ReadAsync(string? path, CancellationToken cancellationToken) =>
        path is null or "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(path, cancellationToken);
}
