using System.Text;

namespace MeaiBudget.Tool;

/// <summary>Writes plain messages, such as those of exceptions, without control characters and marks of the direction of text.</summary>
/// <param name="inner">The writer below.</param>
/// <param name="redacts">True if secrets are redacted in each message, too: messages repeat addresses and arguments that may have some.</param>
internal sealed class PrintableWriter(TextWriter inner, bool redacts = false) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Gets the writer below, for consoles that send control codes of their own.</summary>
    public TextWriter Inner => inner;

    public override void Write(char value) => inner.Write(char.IsAsciiLetterOrDigit(value) ? value.ToString() : WrittenText.Printable(value.ToString(), keepLines: true));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value) => inner.Write(Clean(value));

    public override void WriteLine(string? value)
    {
        Write(value);
        inner.WriteLine();
    }

    public override Task WriteAsync(string? value) => inner.WriteAsync(Clean(value));

    public override async Task WriteLineAsync(string? value)
    {
        await WriteAsync(value).ConfigureAwait(false);
        await inner.WriteLineAsync().ConfigureAwait(false);
    }

    public override Task WriteAsync(char value) => WriteAsync(value.ToString());

    public override Task WriteAsync(char[] buffer, int index, int count) => WriteAsync(new string(buffer, index, count));

    public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default) => WriteAsync(new string(buffer.Span));

    public override Task WriteLineAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default) => WriteLineAsync(new string(buffer.Span));

    public override void Flush() => inner.Flush();

    public override Task FlushAsync() => inner.FlushAsync();

    private string? Clean(string? value) => value is null ? null : WrittenText.Printable(redacts ? SecretRedactor.Default.Redact(value) : value, keepLines: true);
}
