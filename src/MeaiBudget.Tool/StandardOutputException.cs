namespace MeaiBudget.Tool;

/// <summary>Standard output cannot be written, for example because the disk is full.</summary>
internal sealed class StandardOutputException(Exception failure)
    : IOException($"Standard output cannot be written: {(failure.InnerException ?? failure).Message}. Free space there, or write to another file or terminal.", failure);
