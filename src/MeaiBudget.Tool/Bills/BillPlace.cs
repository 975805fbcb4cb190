namespace MeaiBudget.Tool;

/// <summary>Where a line of a bill is, for messages.</summary>
/// <param name="File">The file or URL.</param>
/// <param name="Line">The line of a text file; zero if unknown.</param>
internal readonly record struct BillPlace(string File, long Line)
{
    /// <summary>Makes the exception for a bill that cannot be read. Nothing was changed when it is thrown.</summary>
    public InvalidDataException Fault(string reason, Exception? cause = null) => new($"{this}: {reason}", cause);

    public override string ToString() => Line > 0 ? $"{File}, line {Line}" : File;
}
