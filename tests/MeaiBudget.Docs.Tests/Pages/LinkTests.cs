using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>Links between pages lead somewhere, and every page can be reached.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void EveryLinkLeadsToAFileAndAHeading()
    {
        string[] broken = [.. Links().Where(link => !IsRight(link.From, link.Target)).Select(link => $"{link.From.Name}: {link.Target}")];

        Assert.Empty(broken);
    }

    [Fact]
    public void EveryPageOfDocsIsReachedFromTheReadme()
    {
        ILookup<string, string> links = Links().ToLookup(link => link.From.Name, link => PathOf(link.From, link.Target));
        var reached = new HashSet<string>(StringComparer.Ordinal) { "README.md" };
        var open = new Queue<string>(reached);
        while (open.TryDequeue(out string? page))
        {
            foreach (string target in links[page].Where(reached.Add))
            {
                open.Enqueue(target);
            }
        }

        Assert.Empty(Page.All.Where(page => !page.IsOfPackage).Select(page => page.Name).Except(reached));
    }

    private static IEnumerable<(Page From, string Target)> Links() =>
        from page in Page.All
        from line in page.Lines
        from Match link in Link().Matches(line)
        let target = link.Groups[1].Value
        where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
        select (page, target);

    private static bool IsRight(Page from, string target)
    {
        string path = PathOf(from, target);
        int anchor = target.IndexOf('#', StringComparison.Ordinal);
        return Path.Exists(RepositoryFolder.PathOf(path.Split('/')))
            && (anchor < 0 || (Page.All.SingleOrDefault(page => page.Name == path)?.Anchors.Contains(target[(anchor + 1)..]) ?? false));
    }

    /// <summary>The linked file's path below the sources' folder.</summary>
    private static string PathOf(Page from, string target)
    {
        string file = target.Split('#')[0];
        string folder = from.IsOfPackage ? "" : Path.GetDirectoryName(from.Name)!;
        return file.Length == 0
            ? from.Name
            : Path.GetRelativePath(RepositoryFolder.Root, Path.GetFullPath(Path.Combine(RepositoryFolder.Root, folder, file))).Replace('\\', '/');
    }

    [GeneratedRegex(@"(?<!`)\[[^\]]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
