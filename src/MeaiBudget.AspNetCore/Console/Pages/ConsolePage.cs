namespace MeaiBudget;

/// <summary>A part of a page that is sent again when it changes.</summary>
/// <param name="Id">The id of the element on the page.</param>
internal abstract record PagePart(string Id)
{
    public abstract Html Render();
}

/// <summary>A part that is replaced as a whole.</summary>
internal sealed record PageBlock(string Id, Html Content) : PagePart(Id)
{
    public override Html Render() => Html.Of($"<div id=\"{Id}\">{Content}</div>");
}

/// <summary>A table, of which only the rows that changed are sent again.</summary>
/// <param name="Id">The id of the table's body.</param>
/// <param name="Caption">What the table shows, for screen readers.</param>
/// <param name="Head">The row of headings.</param>
/// <param name="Rows">The rows, each a <c>tr</c> with the id of the row.</param>
/// <param name="Empty">What to say if there is no row.</param>
internal sealed record PageTable(string Id, string Caption, Html Head, IReadOnlyList<PageRow> Rows, string Empty) : PagePart(Id)
{
    /// <summary>Gets the address of the table as CSV; <see langword="null"/> if the page's own link has it.</summary>
    public string? Csv { get; init; }

    /// <summary>Gets the rows, or the one that says that there is none.</summary>
    public IReadOnlyList<PageRow> Shown => Rows.Count > 0
        ? Rows
        : [new PageRow(Id + "-none", Html.Of($"<tr id=\"{Id}-none\"><td class=\"empty\" colspan=\"20\">{Empty}</td></tr>"))];

    public override Html Render() => Html.Of(
        $"<div class=\"panel\" tabindex=\"0\" role=\"region\" aria-label=\"{Caption}\"><table><caption class=\"away\">{Caption}</caption><thead>{Head}</thead><tbody id=\"{Id}\">{Shown.Select(row => row.Content)}</tbody></table></div>{(Csv is null ? Html.Empty : Html.Of($"<p class=\"export\"><a href=\"{Csv}\" download=\"{Caption}.csv\" aria-label=\"CSV of {Caption}\">CSV</a></p>"))}");
}

/// <summary>A row of a table.</summary>
internal sealed record PageRow(string Id, Html Content);

/// <summary>A page of the console.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Path">The page's path below the console, for the navigation; empty for the overview.</param>
/// <param name="Parts">The parts, in order.</param>
internal sealed record ConsolePage(string Title, string Path, IReadOnlyList<PagePart> Parts)
{
    /// <summary>Gets a value indicating whether the page is kept up to date while it is open.</summary>
    public bool IsLive { get; init; } = true;

    /// <summary>Gets the HTTP status.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Gets the address of the page's first table as CSV, without the console's path; <see langword="null"/> for none.</summary>
    public string? Csv { get; init; }
}
