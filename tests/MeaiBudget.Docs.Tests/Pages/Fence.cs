namespace MeaiBudget.Tests;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page.</param>
/// <param name="Line">The number of its first line of text, from 1.</param>
/// <param name="Language">The text behind the opening fence.</param>
/// <param name="Text">The text between the fences.</param>
/// <param name="Remarks">The HTML comments directly above the fence, which set how it is tested.</param>
internal sealed record Fence(Page Page, int Line, string Language, string Text, IReadOnlyList<string> Remarks)
{
    /// <summary>True if a remark such as <c>snippet: members</c> is above the fence; a reason may follow it.</summary>
    public bool Has(string remark) => Remarks.Any(stated => stated == remark || stated.StartsWith(remark + ",", StringComparison.Ordinal));

    public override string ToString() => $"{Page.Name}:{Line}";
}
