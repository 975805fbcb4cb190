using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeaiBudget.Analyzers;

/// <summary>Disables the retries of an SDK's client, or adds the library's handler to its HTTP pipeline.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ClientCodeFix))]
[Shared]
public sealed class ClientCodeFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [RuleIds.SdkRetries, RuleIds.RawRequestUnseen];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model)
        {
            return;
        }

        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            bool isOfRetries = diagnostic.Id == RuleIds.SdkRetries;
            Location place = diagnostic.AdditionalLocations is { Count: > 0 } others ? others[0] : diagnostic.Location;
            if (place.SourceTree == root.SyntaxTree
                && root.FindNode(place.SourceSpan, getInnermostNodeForTie: true) is BaseObjectCreationExpressionSyntax created
                && (isOfRetries ? WithoutRetries(created, model) : WithWire(created, model)) is { } changed)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(
                        isOfRetries ? "Disable the retries of the SDK" : "Add the ChatWireHandler to the client",
                        _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(created, changed))),
                        diagnostic.Id),
                    diagnostic);
            }
        }
    }

    private static BaseObjectCreationExpressionSyntax? WithoutRetries(BaseObjectCreationExpressionSyntax created, SemanticModel model)
    {
        if (model.GetTypeInfo(created).Type is not INamedTypeSymbol type)
        {
            return null;
        }

        string noRetries = $"new {SyntaxOfChains.NameAt(model, created, "System.ClientModel.Primitives.ClientRetryPolicy")}(maxRetries: 0)";
        if (Has(type, "MaxRetries"))
        {
            return SyntaxOfChains.With(created, "MaxRetries", SyntaxFactory.LiteralExpression(SyntaxKind.NumericLiteralExpression, SyntaxFactory.Literal(0)));
        }

        if (Has(type, "RetryPolicy"))
        {
            return SyntaxOfChains.With(created, "RetryPolicy", SyntaxFactory.ParseExpression(noRetries));
        }

        return SyntaxOfChains.WithOptions(created, model) is { } constructor
            ? SyntaxOfChains.With(created, constructor, SyntaxFactory.ParseExpression($"new {NameOfOptions(constructor, created, model)} {{ RetryPolicy = {noRetries} }}"), model)
            : null;
    }

    private static ExpressionSyntax? WithWire(BaseObjectCreationExpressionSyntax created, SemanticModel model)
    {
        if (model.GetTypeInfo(created).Type is not INamedTypeSymbol type)
        {
            return null;
        }

        if (Has(type, "RetryPolicy"))
        {
            return Wired(created, type, model);
        }

        if (type.AllInterfaces.Any(static one => one.Name == "IAnthropicClient"))
        {
            // The method returns the interface, which a variable of the class cannot hold.
            return created.Parent is MemberAccessExpressionSyntax || created.Parent is EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax { Type.IsVar: true } } }
                ? Wired(created, type, model)
                : null;
        }

        return SyntaxOfChains.WithOptions(created, model) is { } constructor
            ? SyntaxOfChains.With(created, constructor, SyntaxFactory.ParseExpression($"new {NameOfOptions(constructor, created, model)}().AddChatWire()"), model)
            : null;
    }

    private static string NameOfOptions(IMethodSymbol constructor, SyntaxNode place, SemanticModel model) =>
        constructor.Parameters[constructor.Parameters.Length - 1].Type.WithNullableAnnotation(NullableAnnotation.None).ToMinimalDisplayString(model, place.SpanStart);

    /// <summary>Appends AddChatWire. "new()" gets the name of its type, because it has no target any more.</summary>
    private static InvocationExpressionSyntax Wired(BaseObjectCreationExpressionSyntax created, INamedTypeSymbol type, SemanticModel model)
    {
        ExpressionSyntax typed = created is ImplicitObjectCreationExpressionSyntax { Initializer: var initializer, ArgumentList: var arguments }
            ? SyntaxFactory.ParseExpression($"new {type.ToMinimalDisplayString(model, created.SpanStart)}{(arguments.Arguments.Count == 0 && initializer is not null ? "" : arguments.ToString())}{(initializer is null ? "" : " " + initializer)}")
            : created.WithoutTrivia();
        return SyntaxFactory.InvocationExpression(SyntaxFactory.MemberAccessExpression(
            SyntaxKind.SimpleMemberAccessExpression, typed, SyntaxFactory.IdentifierName("AddChatWire"))).WithTriviaFrom(created);
    }

    private static bool Has(INamedTypeSymbol type, string property)
    {
        for (INamedTypeSymbol? current = type; current is not null; current = current.BaseType)
        {
            if (current.GetMembers(property).OfType<IPropertySymbol>().Any(static one => one.SetMethod is not null))
            {
                return true;
            }
        }

        return false;
    }
}
