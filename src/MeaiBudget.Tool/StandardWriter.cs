using System.Text;

namespace MeaiBudget.Tool;

/// <summary>
/// Writes to a standard stream of the process. If standard output fails, for example because the disk is full, it throws an exception with a
/// message for the user. If standard error fails, nobody can be told, and the command goes on.
/// </summary>
internal sealed class StandardWriter(TextWriter inner, bool isError) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    /// <exception cref="StandardOutputException">Standard output cannot be written.</exception>
    public override void Write(char value) => Try(() => inner.Write(value));

    /// <exception cref="StandardOutputException">Standard output cannot be written.</exception>
    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    /// <exception cref="StandardOutputException">Standard output cannot be written.</exception>
    public override void Write(string? value) => Try(() => inner.Write(value));

    /// <exception cref="StandardOutputException">Standard output cannot be written.</exception>
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    /// <exception cref="StandardOutputException">Standard output cannot be written.</exception>
    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!isError)
            {
                throw new StandardOutputException(exception);
            }
        }
    }
}
