using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Commands that the pages show are known to the tool and run where they can; files and packages that they name exist.</summary>
[Collection(nameof(SnippetFolder))]
public sealed class CommandTests(SnippetFolder folder)
{
    private const string ToolRun = "dotnet run --project src/MeaiBudget.Tool -c Release -- ";

    /// <summary>Commands of the SDK and the shell, which are not tested.</summary>
    private static readonly string[] Foreign =
    [
        "cd ", "dotnet new ", "dotnet test ", "dotnet build ", "dotnet pack ", "dotnet publish ", "dotnet restore ", "dotnet format ", "dotnet nuget ",
        "dotnet user-secrets ", "dotnet tool ", "export ", "git ", "curl ",
    ];

    public static TheoryData<string> Places => [.. Page.All.SelectMany(page => page.Fences).Where(fence => fence.Language == "sh").Select(fence => fence.ToString())];

    [Theory, MemberData(nameof(Places))]
    public async Task CommandsAreKnownAndRun(string place)
    {
        Fence fence = Page.All.SelectMany(page => page.Fences).Single(fence => fence.ToString() == place);
        foreach (string line in Lines(fence))
        {
            foreach (string command in line.Split(["&&", " | "], StringSplitOptions.TrimEntries))
            {
                await TryAsync(command, isRun: !fence.Has("commands: parsed"));
            }
        }
    }

    private async Task TryAsync(string command, bool isRun)
    {
        if (command.StartsWith(ToolRun, StringComparison.Ordinal) || command.StartsWith("meaibudget ", StringComparison.Ordinal))
        {
            string arguments = command.StartsWith(ToolRun, StringComparison.Ordinal) ? command[ToolRun.Length..] : command["meaibudget ".Length..];
            await TryToolAsync(arguments, isRun);
        }
        else if (command.StartsWith("dotnet add package ", StringComparison.Ordinal))
        {
            string package = command["dotnet add package ".Length..].Split(' ')[0];
            Assert.True(!package.StartsWith("MeaiBudget", StringComparison.Ordinal) || Directory.Exists(RepositoryFolder.PathOf("src", package)), $"There is no package {package}.");
        }
        else if (command.StartsWith("dotnet run ", StringComparison.Ordinal))
        {
            string[] words = command.Split(' ');
            int project = Array.IndexOf(words, "--project");
            Assert.True(project > 0 && Directory.Exists(RepositoryFolder.PathOf(words[project + 1].Split('/'))), $"There is no such project: {command}");
        }
        else if (command.StartsWith(".ci/", StringComparison.Ordinal))
        {
            Assert.True(File.Exists(RepositoryFolder.PathOf(command.Split(' ')[0].Split('/'))), $"There is no such script: {command}");
        }
        else
        {
            Assert.True(Foreign.Any(known => (command + " ").StartsWith(known, StringComparison.Ordinal)), $"Nothing is known of the command: {command}");
        }
    }

    private async Task TryToolAsync(string arguments, bool isRun)
    {
        Environment.CurrentDirectory = folder.Path;
        ParseResult parsed = Tool().Parse(arguments);
        Assert.True(parsed.Errors.Count == 0, $"meaibudget {arguments}: {string.Join(' ', parsed.Errors.Select(error => error.Message))}");
        if (isRun)
        {
            using var output = new StringWriter(CultureInfo.InvariantCulture);
            int exitCode = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = output });
            Assert.True(exitCode == 0, $"meaibudget {arguments} ended with {exitCode}:{Environment.NewLine}{output}");
        }
    }

    /// <summary>The tool's verbs: every command that it makes and that no other one contains.</summary>
    private static RootCommand Tool()
    {
        Command[] made = [.. Assembly.Load("MeaiBudget.Tool").GetTypes()
            .Select(type => type.GetMethod("Create", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(create => create?.ReturnType == typeof(Command))
            .Select(create => (Command)create!.Invoke(null, [.. create.GetParameters().Select(parameter => parameter.DefaultValue)])!)];
        var root = new RootCommand();
        foreach (Command verb in made.Where(verb => !made.Any(other => other.Subcommands.Any(inner => inner.Name == verb.Name))))
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }

    /// <summary>Lines that a backslash continues are one; comments are none.</summary>
    private static IEnumerable<string> Lines(Fence fence)
    {
        var whole = new StringBuilder();
        foreach (string line in fence.Text.Split('\n').Where(line => line.Length > 0 && !line.StartsWith('#')))
        {
            int comment = line.IndexOf(" # ", StringComparison.Ordinal);
            string text = comment < 0 ? line : line[..comment];
            if (text.EndsWith('\\'))
            {
                whole.Append(text[..^1]);
                continue;
            }

            yield return whole.Append(text).ToString().Trim();
            whole.Clear();
        }
    }
}
