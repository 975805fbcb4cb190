namespace MeaiBudget;

/// <summary>A price file was refused. Nothing of it was taken.</summary>
public sealed class PriceCatalogException : Exception
{
    internal PriceCatalogException(string file, long? line, string reason, Exception? innerException)
        : base($"The price file '{file}' was refused{(line is null ? "" : $" at line {line}")}: {reason}", innerException)
    {
        File = file;
        Line = line;
        Reason = reason;
    }

    /// <summary>Gets the file's name.</summary>
    public string File { get; }

    /// <summary>Gets the line of the fault, from 1; <see langword="null"/> if the fault is not at one line.</summary>
    public long? Line { get; }

    /// <summary>Gets the reason.</summary>
    public string Reason { get; }

    /// <inheritdoc/>
    /// <remarks>What other libraries wrote into the inner exceptions passes <see cref="SecretRedactor.Default"/>.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());
}
