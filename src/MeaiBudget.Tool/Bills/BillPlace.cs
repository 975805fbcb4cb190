namespace MeaiBudget.Tool;

/// <summary>Where a line of a bill is, for messages.</summary>
/// <param name="File">The file or URL.</param>
/// <param name="Line">The line of a text file, from 1; zero if unknown.</param>
/// <param name="Entry">The entry of a JSON list, from 1; zero if unknown.</param>
/// <param name="Result">The result within an entry, from 1; zero if unknown.</param>
internal readonly record struct BillPlace(string File, long Line, int Entry = 0, int Result = 0)
{
    /// <summary>Makes the exception for a bill that cannot be read. Nothing was changed when it is thrown.</summary>
    public InvalidDataException Fault(string reason, Exception? cause = null) => new($"{this}: {reason}", cause);

    /// <summary>Makes the exception for a number or time beyond all possible ones.</summary>
    public InvalidDataException TooLarge(Exception cause) => Fault("a number or a time is too large or too small to be one of a bill.", cause);

    public override string ToString() =>
        $"{File}{(Line > 0 ? $", line {Line}" : "")}{(Entry > 0 ? $", entry {Entry}" : "")}{(Result > 0 ? $", result {Result}" : "")}";
}
