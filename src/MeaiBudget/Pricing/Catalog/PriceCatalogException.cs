namespace MeaiBudget;

/// <summary>Thrown if a price file cannot be read or is invalid. No part of the file is used.</summary>
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

    /// <summary>Gets the line of the error, starting from 1; <see langword="null"/> if the error has no line.</summary>
    public long? Line { get; }

    /// <summary>Gets the reason.</summary>
    public string Reason { get; }

    /// <inheritdoc/>
    /// <remarks>The text of inner exceptions is redacted with <see cref="SecretRedactor.Default"/>.</remarks>
    public override string ToString() => SecretRedactor.Default.Redact(base.ToString());
}
