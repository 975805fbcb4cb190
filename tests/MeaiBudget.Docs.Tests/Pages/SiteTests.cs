using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>The site's table of contents. <c>.ci/site</c> builds the site and fails on a broken link.</summary>
public sealed partial class SiteTests
{
    [Fact]
    public void TheTableOfContentsHasEveryPageOnce()
    {
        string contents = File.ReadAllText(RepositoryFolder.PathOf("docs", "site", "toc.yml"));
        string[] listed = [.. Entry().Matches(contents).Select(match => "docs/" + match.Groups[1].Value).Order(StringComparer.Ordinal)];

        Assert.Equal(Page.All.Select(page => page.Name).Where(name => name.StartsWith("docs/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), listed);
    }

    [GeneratedRegex(@"href: ([a-z-]+\.md)")]
    private static partial Regex Entry();
}
