using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeaiBudget.Tests;

/// <summary>Finds which files of the core use which others, as the compiler understands the sources.</summary>
/// <remarks>
/// Counts every reference: names, object creations without a name (<c>new()</c>), inferred types (<c>var</c>), types of
/// expressions, operators and conversions. References in documentation comments do not count.
/// </remarks>
internal sealed class RoomDependencies
{
    private static readonly string Core = RepositoryFolder.PathOf("src", "MeaiBudget");
    private static readonly Lazy<RoomDependencies> Found = new(() =>
    {
        var found = new RoomDependencies();
        found.Visit();
        return found;
    });

    private readonly Dictionary<(string From, string To), string> _uses = [];

    private RoomDependencies()
    {
    }

    /// <summary>Who uses whom, as paths of files, with one place as an example.</summary>
    public static IReadOnlyDictionary<(string From, string To), string> Uses => Found.Value._uses;

    /// <summary>The source files of the core.</summary>
    public static IEnumerable<string> Files { get; } = [.. Directory.EnumerateFiles(Core, "*.cs", SearchOption.AllDirectories)
        .Where(file => RoomOf(file) is not ("obj" or "bin"))];

    /// <summary>The room in which a file of the core lies: its folder just below the project.</summary>
    public static string RoomOf(string file) => Path.GetRelativePath(Core, file).Split(Path.DirectorySeparatorChar)[0];

    private void Visit()
    {
        string shared = RepositoryFolder.PathOf("src", "Shared", "SaturatingMath.cs");
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        SyntaxTree[] trees = [.. Files.Append(shared).Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), options, file)), CSharpSyntaxTree.ParseText(CompilerInput.ImplicitUsings, options)];
        IEnumerable<MetadataReference> references = CompilerInput.References.Where(reference => Path.GetFileName(reference.FilePath) != "MeaiBudget.dll");
        var compilation = CSharpCompilation.Create("MeaiBudget", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        foreach (SyntaxTree tree in trees.Where(tree => IsInCore(tree.FilePath)))
        {
            Visit(tree, compilation.GetSemanticModel(tree));
        }
    }

    private void Visit(SyntaxTree tree, SemanticModel model)
    {
        string from = tree.FilePath;
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
        {
            if (node is ExpressionSyntax or ConstructorInitializerSyntax or PrimaryConstructorBaseTypeSyntax)
            {
                Add(from, node, model.GetSymbolInfo(node).Symbol);
            }

            if (node is ExpressionSyntax expression)
            {
                TypeInfo type = model.GetTypeInfo(expression);
                Add(from, node, type.Type);
                Add(from, node, type.ConvertedType);
                Add(from, node, model.GetConversion(expression).MethodSymbol);
            }
        }
    }

    private void Add(string from, SyntaxNode node, ISymbol? symbol)
    {
        switch (symbol)
        {
            case IArrayTypeSymbol array:
                Add(from, node, array.ElementType);
                return;
            case INamedTypeSymbol type:
                AddType(from, node, type);
                return;
            case not (IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol):
                // Locals, parameters and the like lie where they are used; their types are looked at by themselves.
                return;
            case not null when symbol.Locations.Any(IsInCore):
                // Where the member itself is declared: parts of a type may lie in several rooms.
                AddLocations(from, node, symbol);
                return;
            default:
                AddType(from, node, symbol?.ContainingType);
                return;
        }
    }

    private void AddType(string from, SyntaxNode node, INamedTypeSymbol? type)
    {
        if (type is null)
        {
            return;
        }

        foreach (ITypeSymbol argument in type.TypeArguments.Where(argument => !SymbolEqualityComparer.Default.Equals(argument, type)))
        {
            Add(from, node, argument);
        }

        AddLocations(from, node, type);
    }

    private void AddLocations(string from, SyntaxNode node, ISymbol symbol)
    {
        foreach (Location declared in symbol.Locations.Where(IsInCore))
        {
            string to = declared.SourceTree!.FilePath;
            if (to != from && !_uses.ContainsKey((from, to)))
            {
                _uses.Add((from, to), $"{Path.GetFileName(node.SyntaxTree.FilePath)}({node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}): {symbol.Name}");
            }
        }
    }

    private static bool IsInCore(Location location) => location.IsInSource && IsInCore(location.SourceTree!.FilePath);

    private static bool IsInCore(string file) => file.StartsWith(Core + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
