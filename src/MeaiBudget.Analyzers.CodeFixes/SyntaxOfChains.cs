using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace MeaiBudget.Analyzers;

/// <summary>Changes of calls in a chain and of the initializers of new objects.</summary>
internal static class SyntaxOfChains
{
    /// <summary>Finds the call whose method name and arguments are at a location.</summary>
    public static InvocationExpressionSyntax? CallAt(SyntaxNode root, Location location) =>
        root.FindNode(location.SourceSpan, getInnermostNodeForTie: true).AncestorsAndSelf().OfType<InvocationExpressionSyntax>()
            .FirstOrDefault(call => call.Span.End == location.SourceSpan.End && call.Expression is MemberAccessExpressionSyntax);

    /// <summary>The expression that a call of an extension method is made on; null if it is called as a static method.</summary>
    public static ExpressionSyntax? ReceiverOf(InvocationExpressionSyntax call, SemanticModel model)
    {
        if (call.Expression is not MemberAccessExpressionSyntax { Expression: { } receiver } || model.GetSymbolInfo(receiver).Symbol is INamedTypeSymbol)
        {
            return null;
        }

        return receiver;
    }

    /// <summary>Sets a property in the initializer of a new object.</summary>
    public static BaseObjectCreationExpressionSyntax With(BaseObjectCreationExpressionSyntax created, string property, ExpressionSyntax value)
    {
        AssignmentExpressionSyntax set = SyntaxFactory.AssignmentExpression(SyntaxKind.SimpleAssignmentExpression, SyntaxFactory.IdentifierName(property), value);
        if (created.Initializer is not { } initializer)
        {
            // A comment behind "new()" stays behind it: before the initializer, a line comment would hide it.
            BaseObjectCreationExpressionSyntax bare = created.WithoutTrailingTrivia().WithInitializer(SyntaxFactory.InitializerExpression(
                SyntaxKind.ObjectInitializerExpression, SyntaxFactory.SingletonSeparatedList<ExpressionSyntax>(set)));
            return (bare is ObjectCreationExpressionSyntax { ArgumentList.Arguments.Count: 0 } explicitly ? explicitly.WithArgumentList(null) : bare)
                .WithTrailingTrivia(created.GetTrailingTrivia()).WithAdditionalAnnotations(Formatter.Annotation);
        }

        ExpressionSyntax? present = initializer.Expressions.FirstOrDefault(one => one is AssignmentExpressionSyntax { Left: IdentifierNameSyntax { Identifier.Text: { } name } } && name == property);
        SeparatedSyntaxList<ExpressionSyntax> members = present is null
            ? initializer.Expressions.Add(set)
            : initializer.Expressions.Replace(present, ((AssignmentExpressionSyntax)present).WithRight(value.WithTriviaFrom(((AssignmentExpressionSyntax)present).Right)));
        return created.WithInitializer(initializer.WithExpressions(members)).WithAdditionalAnnotations(Formatter.Annotation);
    }

    /// <summary>The shortest name of a type that code at a place can use.</summary>
    /// <param name="model">The model of the file.</param>
    /// <param name="place">A node of the file.</param>
    /// <param name="metadataName">The full name.</param>
    public static string NameAt(SemanticModel model, SyntaxNode place, string metadataName) =>
        model.Compilation.GetTypeByMetadataName(metadataName) is { } type ? type.ToMinimalDisplayString(model, place.SpanStart) : "global::" + metadataName;

    /// <summary>Finds the constructor that takes the same arguments and options of an SDK besides.</summary>
    public static IMethodSymbol? WithOptions(BaseObjectCreationExpressionSyntax created, SemanticModel model)
    {
        if (model.GetTypeInfo(created).Type is not INamedTypeSymbol type)
        {
            return null;
        }

        ArgumentSyntax[] arguments = created.ArgumentList?.Arguments.ToArray() ?? [];
        return type.InstanceConstructors
            .Where(constructor => constructor.DeclaredAccessibility == Accessibility.Public && constructor.Parameters.Length == arguments.Length + 1
                && constructor.Parameters[constructor.Parameters.Length - 1].Type is INamedTypeSymbol last && last.Name.EndsWith("ClientOptions", System.StringComparison.Ordinal)
                && arguments.Zip(constructor.Parameters, (argument, parameter) => IsKey(argument, parameter, model) || model.ClassifyConversion(argument.Expression, parameter.Type).IsImplicit).All(static fits => fits))
            .FirstOrDefault();
    }

    /// <summary>Adds options of the SDK to the arguments of a new client. A key as a text becomes a credential, which such constructors take.</summary>
    public static BaseObjectCreationExpressionSyntax With(BaseObjectCreationExpressionSyntax created, IMethodSymbol constructor, ExpressionSyntax options, SemanticModel model)
    {
        ArgumentSyntax[] arguments = [.. (created.ArgumentList?.Arguments ?? default).Select((argument, index) => IsKey(argument, constructor.Parameters[index], model)
            ? argument.WithExpression(SyntaxFactory.ParseExpression($"new {constructor.Parameters[index].Type.ToMinimalDisplayString(model, created.SpanStart)}({argument.Expression})"))
            : argument)];
        return created
            .WithArgumentList((created.ArgumentList ?? SyntaxFactory.ArgumentList()).WithArguments(SyntaxFactory.SeparatedList(arguments.Append(SyntaxFactory.Argument(options)))))
            .WithAdditionalAnnotations(Formatter.Annotation);
    }

    private static bool IsKey(ArgumentSyntax argument, IParameterSymbol parameter, SemanticModel model) =>
        parameter.Type.Name == "ApiKeyCredential" && model.GetTypeInfo(argument.Expression).Type?.SpecialType == SpecialType.System_String;
}
